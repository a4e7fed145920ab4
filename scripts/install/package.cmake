# `cpack` makes an archive and, where Debian's tools are, a package: `cpack --config
# build/CPackConfig.cmake -B packages`. The same source gives the same bytes.
set(CPACK_GENERATOR TGZ)
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
mark_as_advanced(DPKG_SHLIBDEPS)
if(DPKG_SHLIBDEPS)
	list(APPEND CPACK_GENERATOR DEB)
endif()
set(CPACK_PACKAGE_CONTACT "mnist-cnn authors <mnist-cnn@example.org>" CACHE STRING
	"Who answers for a package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "train a network to read handwritten digits")
set(CPACK_PACKAGE_DESCRIPTION "mnist-cnn trains a convolutional neural network on images of handwritten
digits, measures it, and reads digits in photographs with it. Training takes
seconds on any processor, and gives the same network on all of them.

It brings its own data, MNIST, and a network that is trained already, draws
learning curves, misread digits, filters and feature maps, and exports a
network as a web page, for ONNX or as C source.")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
	GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION education)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/settle.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/sort.cmake)
set(CPACK_RELEASE_DATE ${RELEASE_DATE})
include(CPack)
