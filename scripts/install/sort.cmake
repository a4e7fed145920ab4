# Run by cpack behind packing: its archives have files in the order in which the folder gives them, which
# is another on each machine, so that one is packed again, sorted.
if(CPACK_GENERATOR STREQUAL TGZ)
	get_filename_component(folder ${CPACK_TEMPORARY_DIRECTORY} NAME)
	execute_process(COMMAND tar --sort=name --owner=root:0 --group=root:0 -C ${CPACK_TEMPORARY_DIRECTORY}/..
		-c ${folder} COMMAND gzip -9n OUTPUT_FILE ${CPACK_PACKAGE_FILES} COMMAND_ERROR_IS_FATAL ANY)
endif()
