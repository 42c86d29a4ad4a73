"""`python -m notebooks.builder`: run the worked notebooks, and make their pages.

`python -m notebooks.builder pdf FOLDER`: the pages on paper.
"""

import sys
from pathlib import Path

from notebooks.builder import pages, paper, worked

if __name__ == "__main__":
    if sys.argv[1:2] == ["pdf"]:
        paper.print_pages(pages.FOLDER, Path(sys.argv[2]))
    else:
        worked.run_all()
        pages.write(pages.FOLDER)
        print("notebooks/ is in step with source/. Open notebooks/index.html.")
