"""GET /projects/"""
