// The entry points of the executables. The shared library holds them, so that its code is installed
// once; main.cc calls one.
#pragma once

#pragma GCC visibility push(default)

int QconvertMain(int argc, char** argv);
int QevalMain(int argc, char** argv);
int QtuneMain(int argc, char** argv);

#pragma GCC visibility pop
