"""Printing part books: the instrumentation list, what is chosen, what goes into a set, and how its pages look.

choices   what a user may choose, checked         chairs    the instrumentation list
unread    books that are printed as scanned       keys      what books and songs are called here
order     rows frozen into the contents of a set   listing   the files of a finished set
concert   pure: contents and documents to what notation.engrave.printset prints
"""
