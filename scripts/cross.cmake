# Cross-compiles for another machine, and runs there what is built: with Debian's cross-compiler, and
# in qemu-user's emulator. MACHINE is aarch64, s390x (big-endian) or i686 (32 bits). x86-64 runs the
# programs of i686 itself, and has to: the emulator hangs with a second thread.
#
#     cmake -S . -B build-arm -DCMAKE_TOOLCHAIN_FILE=scripts/cross.cmake -DMACHINE=aarch64
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MACHINE)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${MACHINE})
set(CMAKE_C_COMPILER ${MACHINE}-linux-gnu-gcc)
set(CMAKE_FIND_ROOT_PATH /usr/${MACHINE}-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
if(MACHINE STREQUAL i686)
	set(CMAKE_CROSSCOMPILING_EMULATOR
		/usr/i686-linux-gnu/lib/ld-linux.so.2 --library-path /usr/i686-linux-gnu/lib)
else()
	set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${MACHINE} -L /usr/${MACHINE}-linux-gnu)
endif()
