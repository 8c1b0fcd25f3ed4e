"""Edits: what a musician changes in one part, as data, carried out on its MusicXML tree.

    made = apply(root, [Edit("step", bar=11, note=3, told={"by": 1})])
    made.said      ["Bar 12: note up a step"]
    made.bars      bars that look otherwise now
    made.moves     where bars came or went
    made.undo()    all is as it was

Nothing is rebuilt: what an edit is not about is not touched. After each, the beams of a bar whose rhythm changed are
made again and its accidentals are printed as a player needs them; a bar that is too long or too short is allowed,
because whoever edits may be in the middle (`fill` tells).

model      an edit and its words; what is wrong with it
standing   what is in force at a bar: divisions, key, clef, metre
work       a part being edited: which bars were touched, and how they were
pitch rhythm tuplets ties marks     edits of notes
bars lines signs words rests        edits of bars
fill       how full a bar is
"""

from notation.score.edit.apply import Applied, apply
from notation.score.edit.model import Edit, edit_from
from notation.score.edit.work import Move

__all__ = ["Applied", "Edit", "Move", "apply", "edit_from"]
