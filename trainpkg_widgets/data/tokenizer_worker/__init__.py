"""A program of its own, run in a child process: a model's tokenizer and chat template, through transformers alone.

`__main__.py` reads one JSON request a line and answers each with one. A chat template is a program of a stranger's, so
that it runs where it can be stopped: `tokenizer_process.py` ends this process when it takes too long. The process may
be of another interpreter than the kernel's, so nothing of trainpkg_widgets but this folder is imported here.
"""
