"""Notation on paper: MusicXML to SVG by Verovio in a child process, SVG to PDF by librsvg. Knows no Django."""
