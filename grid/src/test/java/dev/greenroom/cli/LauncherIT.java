package dev.greenroom.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.cli.Commands.ExitCodes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Runs a copy of `./greenroom` beside a Java and a Maven that only say what they were asked.
@Timeout(60)
@Tag("check")
final class LauncherIT {
    private static final Path TOP =
            Path.of(System.getProperty("basedir", "."), "..").normalize();
    private static final String SPEAKING_JAVA = "#!/bin/sh\necho \"pwd=$(pwd)\"\nprintf '[%s]\\n' \"$@\"\n";

    private final Map<String, String> environment = new HashMap<>();

    @TempDir
    private Path folder;

    private Path home;

    @BeforeEach
    void copy_the_launcher() throws IOException {
        home = Files.createDirectories(folder.resolve("home of greenroom"));
        Files.createDirectories(home.resolve(".launch"));
        for (var file :
                new String[] {"greenroom", ".launch/jdk.sh", ".launch/jvm.sh", ".launch/packages.sh", ".launch/build.sh"
                }) {
            Files.copy(TOP.resolve(file), home.resolve(file));
        }
        environment.put("PATH", System.getenv("PATH"));
        environment.put("HOME", folder.toString());
        environment.put("GREENROOM_JAVA_HOME", jdk("named", "25.0.1").toString());
    }

    @Test
    void what_is_built_is_started_at_once_with_every_argument() throws Exception {
        jar();

        var result = launch(home.resolve("greenroom"), "proxy", "--port", "80 80", "");

        assertThat(result.code()).isZero();
        assertThat(result.output())
                .contains("[-Xmx256m]", "[-XX:+UseSerialGC]", "[-Dio.netty.allocator.type=pooled]")
                .endsWith("[-jar]\n[" + home.toRealPath() + "/grid/target/greenroom.jar]\n"
                        + "[proxy]\n[--port]\n[80 80]\n[]\n");
    }

    @Test
    void it_is_found_through_links_and_stays_in_the_folder_where_it_was_called() throws Exception {
        jar();
        var first = Files.createSymbolicLink(folder.resolve("first"), Path.of("home of greenroom", "greenroom"));
        var second = Files.createSymbolicLink(folder.resolve("second"), first);

        var result = launch(second, "up");

        assertThat(result.output())
                .startsWith("pwd=" + folder.toRealPath() + "\n")
                .contains("[-Xmx256m]")
                .endsWith("[up]\n");
    }

    @Test
    void options_for_java_come_last_and_a_cache_of_this_jar_is_used() throws Exception {
        jar();
        environment.put("GREENROOM_JAVA_OPTS", "-Xmx1g -Dx=y");
        Files.writeString(home.resolve("grid/target/greenroom.aot"), "a cache");

        var with = launch(home.resolve("greenroom"), "up");

        assertThat(with.output())
                .contains("/grid/target/greenroom.aot]\n[-Djava.library.path=" + home.toRealPath()
                        + "/grid/target/lib/native]\n[-Xmx1g]\n[-Dx=y]\n[-cp]\n[" + home.toRealPath()
                        + "/grid/target/greenroom.jar:");
    }

    @Test
    void a_cache_of_an_older_jar_is_made_anew_and_one_that_cannot_be_made_is_done_without() throws Exception {
        jar();
        var cache = Files.writeString(home.resolve("grid/target/greenroom.aot"), "an old cache");
        Files.setLastModifiedTime(cache, FileTime.from(Instant.EPOCH));
        var log = home.resolve("grid/target/build.log");

        var first = launch(home.resolve("greenroom"), "up");
        var rehearsed = Files.readString(log);
        Files.delete(log);
        var second = launch(home.resolve("greenroom"), "up");

        assertThat(rehearsed).contains("-XX:AOTCacheOutput=").contains("[dev.greenroom.rehearsal.Rehearsal]");
        assertThat(first.output()).doesNotContain("AOTCache").endsWith("[up]\n");
        assertThat(second.output()).isEqualTo(first.output());
        assertThat(log).doesNotExist();
    }

    @Test
    void a_java_that_was_named_but_is_too_old_is_refused_in_one_sentence() throws Exception {
        jar();
        var old = jdk("old", "21.0.4");
        environment.put("GREENROOM_JAVA_HOME", old.toString());

        var result = launch(home.resolve("greenroom"), "up");

        assertThat(result.code()).isEqualTo(ExitCodes.FAILED);
        assertThat(result.output()).isEqualTo("greenroom: GREENROOM_JAVA_HOME=" + old + " is not a JDK 25 or newer.\n");
    }

    @Test
    void a_java_home_that_is_too_old_is_passed_over_for_the_java_on_the_path() throws Exception {
        jar();
        environment.remove("GREENROOM_JAVA_HOME");
        environment.put("JAVA_HOME", jdk("old", "1.8.0_402").toString());
        var bin = Files.createDirectories(folder.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("java"), jdk("new", "26").resolve("bin/java"));
        environment.put("PATH", bin + ":" + System.getenv("PATH"));

        var result = launch(home.resolve("greenroom"), "up");

        assertThat(result.output()).endsWith("[up]\n");
    }

    @Test
    void it_is_built_when_there_is_no_jar_or_a_source_is_newer() throws Exception {
        source();
        maven("mkdir -p grid/target; touch grid/target/greenroom.jar; echo \"$JAVA_HOME $*\"");

        var first = launch(home.resolve("greenroom"), "up");
        var second = launch(home.resolve("greenroom"), "up");
        Files.setLastModifiedTime(source(), FileTime.from(Instant.now().plusSeconds(60)));
        var third = launch(home.resolve("greenroom"), "up");

        assertThat(first.output()).startsWith("Building Greenroom (first start only) …\nBuilt in ");
        assertThat(second.output()).startsWith("pwd=");
        assertThat(third.output()).startsWith("Building Greenroom (its sources changed) …\nBuilt in ");
        assertThat(Files.readString(home.resolve("grid/target/build.log")))
                .contains(environment.get("GREENROOM_JAVA_HOME"))
                .contains("-pl grid,rehearsal -am -Dmaven.test.skip=true -Dspotless.skip=true package");
        assertThat(home.resolve("grid/target/.building")).doesNotExist();
    }

    @Test
    void a_build_that_fails_shows_why_and_nothing_starts() throws Exception {
        source();
        maven("echo '[INFO] much'; echo '[ERROR] Main.java:[1,1] nonsense'; echo '[ERROR] '; exit 1");

        var result = launch(home.resolve("greenroom"), "up");

        assertThat(result.code()).isEqualTo(ExitCodes.FAILED);
        assertThat(result.output()).isEqualTo("""
                        Building Greenroom (first start only) …
                        [ERROR] Main.java:[1,1] nonsense
                        greenroom: the build failed; all of its output is in %s/grid/target/build.log
                        """.formatted(home.toRealPath()));
        assertThat(home.resolve("grid/target/.building")).doesNotExist();
    }

    private record Result(int code, String output) {}

    private Result launch(Path command, String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<String>();
        line.add(command.toString());
        line.addAll(List.of(arguments));
        var builder = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        var process = builder.start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), output);
    }

    private Path jdk(String name, String version) throws IOException {
        var jdk = Files.createDirectories(folder.resolve(name));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(jdk.resolve("bin/java"), SPEAKING_JAVA);
        script(jdk.resolve("bin/javac"), "#!/bin/sh\n");
        return jdk;
    }

    private void maven(String commands) throws IOException {
        script(folder.resolve("maven/mvn"), "#!/bin/sh\n" + commands + "\n");
        environment.put("PATH", folder.resolve("maven") + ":" + System.getenv("PATH"));
    }

    private void jar() throws IOException {
        Files.createDirectories(home.resolve("grid/target"));
        Files.createFile(home.resolve("grid/target/greenroom.jar"));
    }

    private Path source() throws IOException {
        var main = Files.createDirectories(home.resolve("grid/src/main"));
        return Files.writeString(main.resolve("Main.java"), "class Main {}");
    }

    private static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
