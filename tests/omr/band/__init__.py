"""A concert band's twelve part books of four songs, composed, engraved and scanned: pages that training never saw.

    python -m tests.omr.band FOLDER

model (what a song is) < lines (harmony, melody) < touch (slurs, accents), shade (dynamics) < arrange (who plays what) <
songs (the four of them); musicxml and lilypond write them down, musescore and lilypond engrave books, check compares
these with the songs, scan makes paper of them, books puts the folder together. Nothing is shared with the composer of
training data or with its damage.
"""
