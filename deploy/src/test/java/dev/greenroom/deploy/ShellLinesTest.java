package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Each shell line of README and the guide is run by a test, or stands in a block that says that it is not.
class ShellLinesTest {
    private static final String MARK = "# Not run by a test";
    private static final Pattern BLOCK = Pattern.compile("(?ms)^ *```(\\w*)\n(.*?)^ *```$");
    private static final List<String> SHELL = List.of("sh", "console", "bash", "shell");
    private static final List<String> OTHERS =
            List.of("text", "js", "python", "go", "java", "json", "yaml", "ini", "haproxy", "nginx", "http", "html");

    /// The tests that run lines as they are written, with those lines in their source.
    private static final List<String> RUNNERS = List.of(
            "e2e/src/test/java/dev/greenroom/e2e/DocumentedCommandsIT.java",
            "e2e/src/test/java/dev/greenroom/e2e/ContainersIT.java");

    @Test
    void every_shell_line_is_run_by_a_test_or_marked_as_not_run() throws IOException {
        var tests = RUNNERS.stream().map(Clone::text).toList();

        var missing = pages().flatMap(page -> unmarked(page).stream()
                .filter(line -> tests.stream().noneMatch(test -> has(test, line)))
                .map(line -> page + ": " + line));

        assertThat(missing)
                .as("lines that no test in %s has; run them there, or begin their block with '%s'", RUNNERS, MARK)
                .isEmpty();
    }

    @Test
    void every_block_says_its_language() throws IOException {
        assertThat(pages().flatMap(page ->
                        BLOCK.matcher(Clone.text(page)).results().map(block -> page + ": " + block.group(1))))
                .allMatch(block -> Stream.concat(SHELL.stream(), OTHERS.stream())
                        .anyMatch(language -> block.endsWith(": " + language)));
    }

    @Test
    void comments_and_output_are_no_lines_and_a_marked_block_has_none() {
        assertThat(lines("sh", "# why\nredis-cli PING    # asks\n")).containsExactly("redis-cli PING");
        assertThat(lines("console", "$ ./greenroom up\nBuilding\n")).containsExactly("./greenroom up");
        assertThat(lines("sh", MARK + ": there is no Kubernetes.\nkubectl get pods\n"))
                .isEmpty();
        assertThat(has("run(\"echo \\\"a\\\"\");", "echo \"a\"")).isTrue();
        assertThat(has("run(\"echo b\");", "echo")).isFalse();
    }

    private static Stream<String> pages() throws IOException {
        try (var files = Files.list(Clone.path("docs/guide"))) {
            return Stream.concat(
                    Stream.of("README.md"),
                    files.map(file -> "docs/guide/" + file.getFileName()).sorted().toList().stream());
        }
    }

    private static List<String> unmarked(String page) {
        var found = new ArrayList<String>();
        BLOCK.matcher(Clone.text(page))
                .results()
                .filter(block -> SHELL.contains(block.group(1)))
                .forEach(block -> found.addAll(lines(block.group(1), block.group(2))));
        return found;
    }

    private static List<String> lines(String language, String block) {
        if (block.contains(MARK)) {
            return List.of();
        }
        return block.lines()
                .filter(line -> !language.equals("console") || line.startsWith("$ "))
                .map(line -> line.replaceFirst("^\\$ ", "")
                        .replaceFirst("(^| {2,})# .*", "")
                        .strip())
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /// Whether a source has the line as a text of its own, in quotes or as a line of a text block.
    private static boolean has(String source, String line) {
        return source.contains("\"" + line.replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
                || source.lines()
                        .anyMatch(it -> it.strip().equals(line) || it.strip().startsWith(line + " ~ "));
    }
}
