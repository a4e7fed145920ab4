# `cmake --install` puts the program, its data, its manual and the shells' completions where others
# have theirs; the target `uninstall` takes them away again.
install(TARGETS mnist-cnn)
install(DIRECTORY data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/mnist-cnn
	PATTERN lesson EXCLUDE PATTERN model.safetensors EXCLUDE PATTERN README.md EXCLUDE)
install(FILES scripts/install/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

# What the installed README.md says of the lesson, it says without links.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS data/README.md)
file(READ data/README.md readme)
string(REGEX REPLACE "\\[([^]]*)\\]\\((lesson/|\\.\\./)[^)]*\\)" "\\1" readme "${readme}")
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/data-README.md "${readme}")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/data-README.md RENAME README.md
	DESTINATION ${CMAKE_INSTALL_DATADIR}/mnist-cnn)

# The manual and the completions are made by a program that has the same tables. Who cross-compiles
# without an emulator does without them.
add_executable(describe scripts/install/describe.c)
target_include_directories(describe PRIVATE src)
target_compile_definitions(describe PRIVATE RELEASE_DATE="${RELEASE_DATE}"
	MNIST_CNN_VERSION="${PROJECT_VERSION}")
target_link_libraries(describe PRIVATE mnist_cnn_core)
function(describe template folder name)
	if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
		return()
	endif()
	set(made ${CMAKE_CURRENT_BINARY_DIR}/${template})
	add_custom_command(OUTPUT ${made} VERBATIM DEPENDS describe scripts/install/${template}
		COMMAND describe ${CMAKE_CURRENT_SOURCE_DIR}/scripts/install/${template} ${made})
	set(DESCRIPTIONS ${DESCRIPTIONS} ${made} PARENT_SCOPE)
	install(FILES ${made} DESTINATION ${folder} RENAME ${name})
endfunction()
describe(mnist-cnn.1 ${CMAKE_INSTALL_MANDIR}/man1 mnist-cnn.1)
describe(mnist-cnn.bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions mnist-cnn)
describe(mnist-cnn.zsh ${CMAKE_INSTALL_DATADIR}/zsh/site-functions _mnist-cnn)
describe(mnist-cnn.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d mnist-cnn.fish)
add_custom_target(descriptions ALL DEPENDS ${DESCRIPTIONS})
add_dependencies(mnist-cnn descriptions) # who builds only the program can install all, too

add_custom_target(uninstall VERBATIM
	COMMAND ${CMAKE_COMMAND} -P ${CMAKE_CURRENT_SOURCE_DIR}/scripts/install/uninstall.cmake)
include(scripts/install/package.cmake)
