package dev.greenroom.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What SECURITY.md claims.
final class SecurityDocumentTest {
    private static final Path ROOT = Path.of("..");
    private static final int THREATS = 37;
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (S\\d+) \\|.*\\|$");
    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w+)#(\\w+)`");

    @Test
    void every_threat_has_one_row() throws IOException {
        var rows = ROW.matcher(document()).results().map(row -> row.group(1)).toList();

        assertThat(rows)
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, THREATS).mapToObj(n -> "S" + n).toList());
    }

    @Test
    void every_test_that_is_named_exists() throws IOException {
        List<String> missing = new ArrayList<>();
        var named = TEST.matcher(document());
        while (named.find()) {
            if (!exists(named.group(1), named.group(2))) {
                missing.add(named.group());
            }
        }

        assertThat(missing).isEmpty();
    }

    private static String document() throws IOException {
        return Files.readString(ROOT.resolve("SECURITY.md"));
    }

    private static boolean exists(String type, String method) throws IOException {
        for (var module : List.of("grid", "e2e", "deploy")) {
            try (var files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                var file = files.filter(path -> path.endsWith(type + ".java")).findFirst();
                if (file.isPresent()) {
                    return Files.readString(file.get()).contains("void " + method + "(");
                }
            }
        }
        return false;
    }
}
