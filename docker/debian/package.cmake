# The Debian package: the program, its unit, a configuration to start from, the pages.
#   cmake --preset release && cmake --build --preset release --target freshet
#   cpack --config build/release/CPackConfig.cmake -B build/release
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # Benchmarks are no part of it.
install(TARGETS freshet RUNTIME DESTINATION bin)
install(DIRECTORY docs/ DESTINATION share/doc/freshet
        FILES_MATCHING PATTERN "*.md" PATTERN "*.json" PATTERN "*.yaml" PATTERN "*.png" PATTERN "examples/*")
install(FILES README.md CHANGELOG.md ARCHITECTURE.md DESTINATION share/doc/freshet)
install(FILES LICENSE DESTINATION share/doc/freshet RENAME copyright)
install(FILES sinks/console/uplot-license.txt DESTINATION share/doc/freshet)
install(DIRECTORY config/ DESTINATION share/doc/freshet/config FILES_MATCHING PATTERN "*.yaml")
install(FILES docker/prometheus/alerts.yml docker/prometheus/records.yml DESTINATION share/doc/freshet/prometheus)
install(DIRECTORY docker/grafana/dashboards/ DESTINATION share/doc/freshet/grafana FILES_MATCHING PATTERN "*.json")

# Outside the prefix, so only into a package: `cmake --install --prefix` brings the above alone.
install(FILES config/freshet.yaml DESTINATION /etc/freshet COMPONENT system EXCLUDE_FROM_ALL)
install(FILES docker/systemd/freshet.service DESTINATION /lib/systemd/system COMPONENT system EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME freshet)
set(CPACK_PACKAGE_VENDOR Freshet)
set(CPACK_PACKAGE_CONTACT "The Freshet authors <freshet@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Turns a live clickstream in Kafka into fresh recommendation lists")
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};freshet;Unspecified;/;${CMAKE_BINARY_DIR};freshet;system;/")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_CURRENT_LIST_DIR}/conffiles ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/prerm
    ${CMAKE_CURRENT_LIST_DIR}/postrm)
include(CPack)
