"""Runs `link.py` of the library in the folder ARGV[1] as PlatformIO does, for the board in ARGV[2].

Prints the folder and the name of the library that it links.
"""

import json
import os
import sys


class Environment(dict):
    """A stand-in for what the script takes of SCons and of PlatformIO."""

    def __init__(self, board):
        super().__init__(CCFLAGS=board.pop("flags", []))
        self.board = board

    def BoardConfig(self):
        return self.board

    def GetProjectOption(self, name, default):
        return self.board.get(name, default)

    def Flatten(self, items):
        return [one for item in items for one in item]

    def Append(self, **more):
        for name, values in more.items():
            self[name] = self.get(name, []) + values


env = Environment(json.loads(sys.argv[2]))
os.chdir(sys.argv[1])
with open("link.py", encoding="utf-8") as script:
    exec(compile(script.read(), "link.py", "exec"), {"Import": lambda _: None, "env": env})
print(*env["LIBPATH"])
print(*env["LIBS"])
