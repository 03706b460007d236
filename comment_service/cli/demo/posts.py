"""The demo blog's posts."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Post:
    """One post: a short name, a slug for its URL, paragraphs of plain text."""

    name: str
    slug: str
    title: str
    day: date
    paragraphs: tuple[str, ...]
    embed: str = "host"  # "host": one line of Jinja; "snippet": the script tag for other sites

    @property
    def path(self) -> str:
        """Return the post's path on the blog."""
        return f"/{self.slug}"


POSTS = (
    Post(
        "boxing",
        "great-soundtracks-the-boxing-sequel",
        "Great soundtracks: the boxing sequel",
        date(2026, 11, 14),
        (
            "Every sequel about boxing has the same story: he loses, he doubts, he runs up a hill. "
            "What changes is the music. I watched four of them in one week, for research, and "
            "wrote down every song that made me want to put on running shoes.",
            "The winner is not the famous one. The famous one is a riff and a shout. The best "
            "track is the ballad in the second half, when he drives through the night and nobody "
            "says a word for four minutes. Synthesisers, a drum machine, one guitar that arrives "
            "late. It should not work and it does.",
            "The training montage deserves its own paragraph. It made the training montage "
            "respectable, and it made my knees worse. If you own only one of these records, own "
            "this one, and skip the second side.",
        ),
    ),
    Post(
        "kettle",
        "a-kettle-that-takes-eleven-minutes",
        "A kettle that takes eleven minutes",
        date(2026, 11, 2),
        (
            "My grandmother's kettle takes eleven minutes to boil on the small ring. I timed it, "
            "because a friend did not believe me. A new one takes three.",
            "I kept the old one. In eleven minutes you can water the plants, find the book you "
            "were reading and forgive somebody. In three you can only stand there.",
            "Readers asked for the recipe of the ginger cake. It follows next week, and it takes "
            "rather longer than the kettle.",
        ),
    ),
    Post(
        "backup",
        "how-i-back-up-a-small-life",
        "How I back up a small life",
        date(2026, 10, 19),
        (
            "Two disks, one at home and one at my sister's. Every first Sunday they change places "
            "over lunch. A script copies what changed, checks the sums and writes one line to a "
            "paper notebook if they are right.",
            "I have lost data three times: once to coffee, once to a thief, once to a program "
            "that was certain it knew better. The Sunday lunches have cost me nothing yet but "
            "some dessert.",
            "The script is forty lines long. What would you leave out of yours?",
        ),
        embed="snippet",
    ),
    Post(
        "railway",
        "walking-the-old-railway",
        "Walking the old railway, with a map from 1911",
        date(2026, 9, 30),
        (
            "The line closed before I was born. The map still has it: nine stations, a viaduct, a "
            "siding for a quarry that now is a lake. We walked it end to end in two days.",
            "Six of the nine stations stand. One is a bakery, which we found to be the correct "
            "use of a railway station. The viaduct has no handrail and a very good view.",
        ),
    ),
)
BY_SLUG = {post.slug: post for post in POSTS}
