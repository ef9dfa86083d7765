import sys

from zhike.cli.main import main

if __name__ == "__main__":  # the web server's workers import this module again
    sys.exit(main())
