package dev.greenroom.e2e.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The clone under test: where its program is, and with what it is started.
public final class Installation {
    private static final List<String> JVM_FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dio.netty.allocator.type=pooled");

    /// Whatever else is set in the shell that runs the tests must not change how a grid behaves.
    private static final Set<String> HANDED_ON = Set.of(
            "PATH",
            "HOME",
            "LANG",
            "LC_ALL",
            "TMPDIR",
            "JAVA_HOME",
            "GREENROOM_JAVA_HOME",
            "PLAYWRIGHT_BROWSERS_PATH",
            "NODE_EXTRA_CA_CERTS",
            "GOPROXY",
            "GOSUMDB",
            "GOPATH",
            "GOCACHE",
            "GOMODCACHE",
            "GOTOOLCHAIN");

    private static final List<String> HANDED_ON_PREFIXES = List.of("NPM_CONFIG_", "PIP_");

    private Installation() {}

    /// The root folder of the clone.
    public static Path home() {
        return Path.of(System.getProperty("greenroom.home", ".."))
                .toAbsolutePath()
                .normalize();
    }

    /// A folder for what the tests fetch, kept between runs until `mvn clean`.
    public static Path cache(String name) {
        try {
            return Files.createDirectories(home().resolve("e2e/target").resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The launcher that users start. The build that runs the tests made the jar just now, so the launcher
    /// is kept from building it once more under their feet.
    public static Path launcher() {
        try {
            Files.setLastModifiedTime(jar(), FileTime.from(Instant.now()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return home().resolve("greenroom");
    }

    private static Path jar() {
        var jar = home().resolve("grid/target/greenroom.jar");
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(jar + " is not built; run: mvn -pl grid -am -DskipTests package");
        }
        return jar;
    }

    /// The command that the launcher ends in, without the time that it takes to get there.
    ///
    /// @param temporary becomes the program's folder for temporary files
    public static List<String> program(Path temporary, String... arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        command.add("-Djava.io.tmpdir=" + temporary);
        command.add("-jar");
        command.add(jar().toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /// The environment of a program: a few variables of this process, the settings of npm and pip, and the given
    /// ones, which count over them. Drivers are kept in one store for all tests.
    public static Map<String, String> environment(Map<String, String> settings) {
        var environment = new TreeMap<String, String>();
        System.getenv().forEach((name, value) -> {
            var upper = name.toUpperCase(Locale.ROOT);
            if (HANDED_ON.contains(name)
                    || HANDED_ON_PREFIXES.stream().anyMatch(upper::startsWith)
                    || upper.endsWith("_PROXY")) {
                environment.put(name, value);
            }
        });
        environment.put("DRIVER_STORE", cache("driver-store").toString());
        environment.putAll(settings);
        return environment;
    }
}
