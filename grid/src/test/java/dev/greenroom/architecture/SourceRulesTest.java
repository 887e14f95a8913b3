package dev.greenroom.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.ops.log.LogCodes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SourceRulesTest {
    private static final Path MODULES =
            Path.of(System.getProperty("basedir", "."), "..").normalize();

    @Test
    void every_source_file_keeps_the_rules() {
        var findings = Stream.of("grid/src", "e2e/src")
                .flatMap(SourceRulesTest::sources)
                .flatMap(file -> SourceRules.findings(file.toString().replace('\\', '/'), lines(file)).stream());

        assertThat(findings).isEmpty();
    }

    @Test
    void the_build_runs_the_integration_tests_of_every_module_that_has_some() {
        var modules = Stream.of("grid", "rehearsal", "deploy", "bench", "e2e")
                .filter(module -> sources(module + "/src/test")
                        .anyMatch(file -> file.toString().endsWith("IT.java")));

        assertThat(modules)
                .isNotEmpty()
                .allSatisfy(module -> assertThat(lines(MODULES.resolve(module + "/pom.xml")))
                        .anyMatch(line -> line.contains("<artifactId>maven-failsafe-plugin<")));
    }

    @Test
    void I15_every_kind_of_log_line_has_a_code_and_every_code_has_a_heading_in_the_runbook() {
        var found = sources("grid/src/main")
                .map(file -> LogCodes.in(String.join("\n", lines(file))))
                .toList();
        var codes = found.stream().flatMap(file -> file.codes().stream()).collect(Collectors.toSet());
        var headings = lines(MODULES.resolve("docs/runbook.md")).stream()
                .filter(line -> line.startsWith("### "))
                .map(line -> line.substring("### ".length()))
                .toList();

        assertThat(found).flatMap(LogCodes.Found::mistakes).isEmpty();
        assertThat(headings)
                .as("docs/runbook.md has a heading '### CODE' for each code that is logged, with what it means and"
                        + " what to do, and no others")
                .containsExactlyInAnyOrderElementsOf(codes);
    }

    @Test
    void the_code_of_a_log_statement_is_the_one_given_or_its_message() {
        var given = "LOG.atWarn()\n.addKeyValue(\"code\", \"A_B\")\n.log(\"Words; more\");";
        var message = "LOG.atDebug().log(\"It's \"\n + \"so\");";
        var neither = "LOG.atInfo().log(words);";

        assertThat(LogCodes.in(given).codes()).containsExactly("A_B");
        assertThat(LogCodes.in(message).codes()).containsExactly("it-s-so");
        assertThat(LogCodes.in(neither).mistakes()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "    Thread" + ".sleep(1);",
                "    TimeUnit.SECONDS" + ".sleep(1);",
                "    // TO" + "DO later",
                "    // FIX" + "ME",
                "import java.util" + ".*;",
                "    System" + ".out.println();",
                "    @Dis" + "abled",
                "    loops.scheduleAtFixed" + "Rate(task, 1, 1, SECONDS);",
                "    assume" + "True(false);",
                "    @Dis" + "abledOnOs(OS.MAC)",
                "    @Enabled" + "IfSystemProperty(named = \"a\", matches = \"b\")",
                "@Tag" + "(\"slow\")",
                "    new CountDownLatch(1)." + "await(5, SECONDS);",
                "    TimeUnit.SECONDS.timed" + "Join(Thread.currentThread(), 1);",
                "    LockSupport.park" + "Nanos(1);"
            })
    void a_line_that_breaks_a_rule_is_reported(String line) {
        assertThat(SourceRules.findings("grid/src/main/java/dev/greenroom/net/relay/X.java", List.of("", line)))
                .singleElement()
                .asString()
                .startsWith("grid/src/main/java/dev/greenroom/net/relay/X.java:2 ");
    }

    @Test
    void a_unit_test_lets_no_time_pass_and_others_may() {
        var line = "    await().pollDelay(LONG).until(() -> " + "true);";

        assertThat(SourceRules.findings("grid/src/test/java/dev/greenroom/XTest.java", List.of(line)))
                .hasSize(1);
        assertThat(SourceRules.findings("grid/src/test/java/dev/greenroom/XIT.java", List.of(line)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"cli/X.java", "ops/log/X.java", "Main.java"})
    void those_who_talk_to_people_may_print(String file) {
        var line = "System" + ".out.println();";

        assertThat(SourceRules.findings("grid/src/main/java/dev/greenroom/" + file, List.of(line)))
                .isEmpty();
    }

    private static Stream<Path> sources(String below) {
        var top = MODULES.resolve(below);
        if (!Files.isDirectory(top)) {
            return Stream.empty();
        }
        try (var files = Files.walk(top)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList().stream();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
