"""The page reader: pictures of printed music become MusicXML. Pure; the stages `pages` and `omr` are built on it.

raster     a file -> grey pictures of its pages, in a process of its own
paper      the sheet in a photograph, cut out and straightened
clean      a picture set upright: skew, curl, light, two pages in one
staves     where staves lie
upright    which way up a page lies, and whether it is a mirror image
systems    which staves sound together, and in which order they are read
kinds      what kind of page this is, and what is wrong with it
crop       a staff as the network wants it, and the way back to the page
tokens     what can be printed on a staff, as a vocabulary, and its grammar
grammar    a bar's tokens -> notes, rests and signs in time
lattice    what the network saw, frame by frame, kept small
theory     music theory as a second reader: bars against the metre, clef and key along a book, repairs on record
letters    letters of a scan, line by line
shapes     which of them are note heads and slurs after all
tesseract  the program that reads them, in a process of its own
typeface   how large letters are set
words      everything printed in letters, with its role
lyrics     syllables under a staff
standing   the bar and the note that words are for
singing    the note that each syllable is sung to
reading    a page's staves and words together
glimpse    a page as soon as it is read, to be shown
songs      where songs begin and whose part this is
glances    accidentals that were not taken for signs; alternatives: what a doubtful bar may say instead
measures   lines of a part -> measures with pitches, ties and slurs resolved
beams      which notes share a beam
musicxml   lines and words -> a document
unnamed    ink that nothing explains
report     the side file: boxes and doubts of everything that was read
overlay    a page with the side file drawn over it
"""
