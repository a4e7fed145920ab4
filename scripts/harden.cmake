# A program that is hard to attack, and the same to the byte wherever it is built. A compiler or linker
# that does not know one of these flags does without it. tests/hardened.sh reads the program.
function(add_link_option_if_known option)
	string(MAKE_C_IDENTIFIER "LINKS${option}" name)
	set(CMAKE_REQUIRED_FLAGS ${CMAKE_C_FLAGS})
	set(CMAKE_REQUIRED_LINK_OPTIONS ${option})
	check_c_source_compiles("int main(void) { return 0; }" ${name})
	if(${name})
		add_link_options(${option})
	endif()
endfunction()

# No folder's name gets into the program.
check_c_compiler_flag(-ffile-prefix-map=a=b HAVE_FILE_PREFIX_MAP)
if(HAVE_FILE_PREFIX_MAP)
	add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=.)
endif()

# Code at a random address; addresses of functions that cannot be overwritten; no code on the stack.
# musl gives other threads 128 KiB of stack unless the program asks for more.
if(STATIC)
	add_link_options(-static)
else()
	add_compile_options(-fPIE)
	add_link_option_if_known(-pie)
endif()
foreach(word relro now noexecstack stack-size=1048576)
	add_link_option_if_known(-Wl,-z,${word})
endforeach()

# Overwritten return addresses and buffers end the program. The sanitizers see more, and fortified
# functions hide it from them; without optimization these do nothing but warn.
add_compile_options(-fstack-protector-strong)
add_link_option_if_known(-fstack-protector-strong)
if(NOT SANITIZE)
	set(CMAKE_REQUIRED_FLAGS "${CMAKE_C_FLAGS} -O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
	check_c_source_compiles("#include <string.h>\nint main(void) { return 0; }" HAVE_FORTIFY_3)
	unset(CMAKE_REQUIRED_FLAGS)
	set(optimized $<NOT:$<CONFIG:Debug>>)
	add_compile_options($<${optimized}:-U_FORTIFY_SOURCE>
		$<${optimized}:-D_FORTIFY_SOURCE=$<IF:$<BOOL:${HAVE_FORTIFY_3}>,3,2>>)
endif()
