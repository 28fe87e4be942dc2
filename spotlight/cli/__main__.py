"""`python -m spotlight.cli`, which is how `spotlight up` starts its parts."""

from spotlight.cli.main import main

main()
