# `cmake --install`: the headers, and what find_package(zer0) needs.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(config_dir "${CMAKE_INSTALL_DATADIR}/cmake/zer0")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/zer0" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS zer0 zer0_compiled EXPORT zer0Targets)
install(EXPORT zer0Targets NAMESPACE zer0:: DESTINATION "${config_dir}")
install(TARGETS zer0_cuda EXPORT zer0CudaTargets)
if(TARGET zer0_cuda_compiled)
  install(TARGETS zer0_cuda_compiled EXPORT zer0CudaTargets)
endif()
install(EXPORT zer0CudaTargets NAMESPACE zer0:: DESTINATION "${config_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/zer0ConfigVersion.cmake" COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/zer0ConfigVersion.cmake" "${CMAKE_CURRENT_LIST_DIR}/zer0Config.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/FindPCRE2.cmake" "${CMAKE_CURRENT_LIST_DIR}/Findutf8proc.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindNCCL.cmake"
        DESTINATION "${config_dir}")
