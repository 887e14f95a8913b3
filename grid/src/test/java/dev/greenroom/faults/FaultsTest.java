package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// `docs/faults.md` promises a test for each fault; here it is looked whether they are there.
final class FaultsTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (F[A-Z]\\d+) \\| ([^|]+) \\| (.+) \\|$");
    private static final Pattern TEST = Pattern.compile("`(\\w+)\\.(\\w+)`");

    private static Path home() {
        return Files.isDirectory(Path.of("../deploy")) ? Path.of("..") : Path.of("");
    }

    /// The faults that concern the registry and its processes.
    private static Set<String> promised() {
        var ranges = Stream.concat(
                IntStream.rangeClosed(1, 21).mapToObj(n -> "FR" + n),
                IntStream.rangeClosed(1, 7).mapToObj(n -> "FP" + n));
        return Stream.concat(
                        ranges, Stream.of("FP17", "FP20", "FW3", "FW5", "FW8", "FW9", "FW10", "FW15", "FW16", "FW17"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, String> sources() throws IOException {
        try (var files = Files.walk(home().resolve("grid/src/test/java"))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".java", ""),
                            FaultsTest::read,
                            (first, _) -> first));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void every_fault_of_the_registry_has_a_row_with_tests_that_exist_and_carry_its_name() throws IOException {
        var sources = sources();
        var document = Files.readString(home().resolve("docs/faults.md"));

        var rows = ROW.matcher(document).results().toList();

        assertThat(rows.stream().map(row -> row.group(1)).toList()).containsExactlyInAnyOrderElementsOf(promised());
        for (var row : rows) {
            var tests = TEST.matcher(row.group(3)).results().toList();
            assertThat(tests).as("tests of " + row.group(1)).isNotEmpty();
            for (var test : tests) {
                assertThat(test.group(2))
                        .as("a test that is named after its fault")
                        .startsWith(row.group(1) + "_");
                assertThat(sources.getOrDefault(test.group(1), ""))
                        .as("%s.%s, which docs/faults.md names", test.group(1), test.group(2))
                        .contains("void " + test.group(2) + "(");
            }
        }
    }
}
