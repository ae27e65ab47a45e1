"""What all tests share: the builders can be imported, blocks of ports are found in one place."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
