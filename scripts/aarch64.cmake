# Cross-compiles for 64-bit ARM, and runs what is built in an emulator: Debian's gcc-aarch64-linux-gnu
# and qemu-user. CMOCKA_ROOT may name a folder with ARM's cmocka.
#
#     cmake -S . -B build-arm -DCMAKE_TOOLCHAIN_FILE=scripts/aarch64.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
