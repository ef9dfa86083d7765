def _x(g): return g
request_id=viewer=language=refusals=content_security_policy=_x
