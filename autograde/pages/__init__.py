"""What people read: feedback, the class report, pictures, exports for learning platforms, formulas
as MathML.

May import `exercise` and `judge`.
"""
