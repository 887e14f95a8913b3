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

/// Checks that each fault in `docs/faults.md` names tests that exist.
final class FaultsTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (F[A-Z]\\d+) \\| ([^|]+) \\| (.+) \\|$");
    private static final Pattern TEST = Pattern.compile("`(\\w+)\\.(\\w+)`");

    private static Path home() {
        return Files.isDirectory(Path.of("../deploy")) ? Path.of("..") : Path.of("");
    }

    private static Stream<String> faults(String kind, int most) {
        return IntStream.rangeClosed(1, most).mapToObj(n -> kind + n);
    }

    private static Set<String> promised() {
        return Stream.of(faults("FC", 9), faults("FP", 20), faults("FW", 18), faults("FR", 21))
                .flatMap(each -> each)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// By the name of the class.
    private static Map<String, String> sources() throws IOException {
        try (var grid = Files.walk(home().resolve("grid/src/test/java"));
                var e2e = Files.walk(home().resolve("e2e/src/test/java"))) {
            return Stream.concat(grid, e2e)
                    .filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".java", ""),
                            FaultsTest::read,
                            String::concat));
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
    void every_fault_has_a_row_with_tests_that_exist_and_carry_its_name() throws IOException {
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
