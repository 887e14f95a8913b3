package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HeadFuzz;
import dev.greenroom.net.relay.FrameFuzz;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Runs the fuzzers, beginning with the inputs in `src/test/fuzz`: each 20,000 times, a few seconds, or for
/// `greenroom.fuzz.seconds`.
class FuzzIT {
    /// On a machine that is very busy, time is up before the runs are.
    private static final String MOST_SECONDS = System.getProperty("greenroom.fuzz.seconds", "20");

    private static final String RUNS =
            System.getProperty("greenroom.fuzz.seconds", "").isEmpty() ? "20000" : "-1";

    @Test
    @Timeout(3_700)
    void whatever_the_fuzzer_sends_as_a_head_is_answered_as_the_grammar_says() throws Exception {
        fuzz(HeadFuzz.class, "head");
    }

    @Test
    @Timeout(3_700)
    void whatever_the_fuzzer_sends_as_frames_is_followed_as_a_whole_buffer_would_be() throws Exception {
        fuzz(FrameFuzz.class, "frames");
    }

    private static void fuzz(Class<?> target, String corpus) throws Exception {
        var finds = Files.createDirectories(Path.of("target", "fuzz", corpus));
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var fuzzer = new ProcessBuilder(List.of(
                        java,
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:+EnableDynamicAgentLoading",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + target.getName(),
                        "--instrumentation_includes=dev.greenroom.wire.**",
                        "--custom_hook_includes=dev.greenroom.wire.**",
                        "-runs=" + RUNS,
                        "-max_total_time=" + MOST_SECONDS,
                        "-max_len=20000",
                        "-artifact_prefix=" + finds + "/crash-",
                        finds.toString(),
                        Path.of("src", "test", "fuzz", corpus).toString()))
                .redirectErrorStream(true)
                .start();

        var said = new String(fuzzer.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(fuzzer.waitFor()).as(said).isZero();
        assertThat(said).contains("INITED").containsPattern("Done \\d+ runs");
    }
}
