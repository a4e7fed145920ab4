# Run by cpack between installing files and packing them: Debian wants manual and changelog packed, and
# all files get the time of SOURCE_DATE_EPOCH, or else of the release.
set(files ${CPACK_TEMPORARY_DIRECTORY})
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
	execute_process(COMMAND date -u -d ${CPACK_RELEASE_DATE} +%s OUTPUT_VARIABLE release
		OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
	set(ENV{SOURCE_DATE_EPOCH} ${release})
endif()
if(CPACK_GENERATOR STREQUAL DEB)
	configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog ${files}/usr/share/doc/mnist-cnn/changelog
		COPYONLY)
	execute_process(COMMAND gzip -9nf share/man/man1/mnist-cnn.1 share/doc/mnist-cnn/changelog
		WORKING_DIRECTORY ${files}/usr COMMAND_ERROR_IS_FATAL ANY)
endif()
execute_process(COMMAND find ${files} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +
	COMMAND_ERROR_IS_FATAL ANY)
