package dev.greenroom.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Creates an AOT cache as `./greenroom` and the images do, from the jars of this build.
@Tag("check")
@Timeout(180)
final class RehearsalIT {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    @Test
    void the_program_starts_from_the_cache_that_the_rehearsal_fills() throws Exception {
        var training = java("-XX:AOTCacheOutput=$CACHE", "dev.greenroom.rehearsal.Rehearsal");

        assertThat(training.code()).as(training.output()).isZero();
        assertThat(training.output()).contains("AOTCache creation is complete");

        var started = java(
                "$jvm_cache_flags -XX:AOTMode=on -XX:AOTCache=$CACHE -Xlog:class+load", "dev.greenroom.Main --version");

        assertThat(started.code()).as(started.output()).isZero();
        assertThat(started.output().lines().filter(line -> line.endsWith("source: shared objects file")))
                .anyMatch(line -> line.contains(" dev.greenroom.proxy.ProxyServer "))
                .anyMatch(line -> line.contains(" dev.greenroom.worker.WorkerSupervisor "))
                .anyMatch(line -> line.contains(" io.lettuce.core.RedisClient "));
    }

    private record Result(int code, String output) {}

    private Result java(String flags, String program) throws IOException, InterruptedException {
        var command = ". ./.launch/jvm.sh; exec \"$JAVA\" -Xmx256m $jvm_flags " + flags
                + " -cp grid/target/greenroom.jar:rehearsal/target/rehearsal.jar " + program;
        var builder =
                new ProcessBuilder("sh", "-c", command).directory(TOP.toFile()).redirectErrorStream(true);
        builder.environment()
                .put(
                        "JAVA",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
        builder.environment().put("CACHE", folder.resolve("greenroom.aot").toString());
        var process = builder.start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), output);
    }
}
