"""``python -m engagement_kit.cli``: the same command, where no script is on the PATH."""

from engagement_kit.cli import main

if __name__ == "__main__":
    main()
