package dev.greenroom.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The search of `./check --all` for secrets of the tests. It has a mark of its own here, which no other
/// search knows.
final class CanarySearchTest {
    private static final String MARK = "canary5e11f00d";
    private static final String SECRET = MARK + "-token";

    @TempDir
    private Path folder;

    private Path known;
    private Path place;

    @BeforeEach
    void make() throws IOException {
        known = Files.createDirectory(folder.resolve("secrets"));
        place = Files.createDirectories(folder.resolve("run/reports"));
        Files.writeString(known.resolve("used-1"), MARK);
        Files.writeString(place.resolve("a.log"), "level=info msg=started\n");
    }

    @Test
    void S26_a_run_that_wrote_no_secret_passes() throws Exception {
        assertThat(search())
                .isEqualTo(new Result(0, "canary: no secret of the tests came out. 1 files were searched.\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "ab", "ci:", "name:"})
    void S26_a_secret_is_found_as_it_is_and_in_base64_wherever_it_begins_and_is_not_shown(String before)
            throws Exception {
        var basic = Base64.getEncoder().encodeToString((before + SECRET).getBytes(StandardCharsets.UTF_8));
        Files.writeString(place.resolve("b.log"), "one\ntwo " + before + SECRET + "\n");
        Files.writeString(place.resolve("c.log"), "Authorization: Basic " + basic + "\n");

        var result = search();

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.said().lines().skip(1))
                .containsExactlyInAnyOrder(place.resolve("b.log") + ":2", place.resolve("c.log") + ":1");
        assertThat(result.said()).doesNotContain(MARK, basic.substring(4, 12));
    }

    @Test
    void S26_a_secret_is_found_between_bytes_that_are_no_text_and_in_the_name_of_a_file() throws Exception {
        Files.writeString(place.resolve("dump"), "\0\1\2".repeat(9) + SECRET + "\0");
        Files.createFile(place.resolve(SECRET + ".txt"));

        var result = search();

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.said().lines().skip(1))
                .containsExactlyInAnyOrder(place.resolve("dump") + ":1", place + "/******-token.txt");
    }

    @Test
    void S26_a_search_without_any_test_that_uses_the_mark_says_so() throws Exception {
        Files.delete(known.resolve("used-1"));

        assertThat(search().said()).startsWith("canary: no test took a secret");
    }

    private record Result(int code, String said) {}

    private Result search() throws IOException, InterruptedException {
        var script = Path.of(System.getProperty("basedir", "."), "..", ".ci", "search-canary");
        var command = List.of(script.toString(), known.toString(), folder.toString());
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("TEST_CANARY", MARK);
        var process = builder.start();
        process.getOutputStream().close();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), said);
    }
}
