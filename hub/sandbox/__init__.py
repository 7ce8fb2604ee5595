"""Which outside services can be stood in for on a machine that reaches none of them?"""
