"""Two who want the same customer (撞单): one claims it, evidence is gathered, written rules
propose, somebody who has both in sight decides."""
