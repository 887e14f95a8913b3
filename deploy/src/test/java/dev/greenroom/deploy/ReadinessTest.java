package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the documents point at exists.
class ReadinessTest {
    private static final String PAGE = Clone.text("docs/production-readiness.md");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]*)(?:#([^)]*))?\\)");

    static Stream<Path> pages() throws IOException {
        try (var files = Files.walk(Clone.path("docs"))) {
            return Stream.concat(
                    files.filter(file -> file.toString().endsWith(".md")).toList().stream(),
                    Stream.of(
                                    "README.md",
                                    "CHANGELOG.md",
                                    "CONTRIBUTING.md",
                                    "SECURITY.md",
                                    "deploy/README.md",
                                    "deploy/redis/README.md")
                            .map(Clone::path));
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void every_link_leads_somewhere(Path page) {
        LINK.matcher(Clone.text(page)).results().forEach(link -> {
            var target = link.group(1);
            if (target.matches("https?:.*")) {
                return;
            }
            var file = target.isEmpty() ? page : page.resolveSibling(target).normalize();
            assertThat(file).as("in " + page).exists();
            if (link.group(2) != null) {
                assertThat(anchors(Clone.text(file)))
                        .as(file + ", from " + page)
                        .contains(link.group(2));
            }
        });
    }

    @Test
    void every_decision_is_in_the_index_and_has_its_number_in_the_title() {
        var index = Clone.text("docs/decisions/README.md");
        for (var decision : Clone.files("docs/decisions")) {
            var name = decision.getFileName().toString();
            if (!name.equals("README.md")) {
                assertThat(index).contains("](" + name + ")");
                assertThat(Clone.text(decision)).startsWith("# " + name.substring(0, 4) + ": ");
            }
        }
    }

    @Test
    void every_test_class_and_file_that_is_named_exists() throws IOException {
        var classes = javaFiles();
        for (var name : named("[A-Z][A-Za-z]+(?:Test|IT)|OwnAddress")) {
            assertThat(classes).as(name).contains(name);
        }
        for (var name : named("deploy/[^`]+")) {
            assertThat(Clone.path(name)).exists();
        }
    }

    @Test
    void every_setting_and_alert_that_is_named_exists() {
        assertThat(Clone.settings()).containsAll(named("[A-Z]+_[A-Z_]+"));
        var alerts = Clone.text("deploy/observability/alerts.yaml");
        assertThat(named("Grid[A-Za-z]+"))
                .allSatisfy(alert -> assertThat(alerts).contains("alert: " + alert + "\n"));
    }

    @Test
    void every_item_has_a_verdict() {
        assertThat(PAGE.lines().filter(line -> line.startsWith("| ") && !line.startsWith("| item")))
                .hasSizeGreaterThan(50)
                .allMatch(line -> line.matches("\\| [^|]+ \\| (yes|partly|yours|no) \\| .*"));
    }

    private static Set<String> named(String pattern) {
        var names = new TreeSet<String>();
        Pattern.compile("`(" + pattern + ")`").matcher(PAGE).results().forEach(found -> names.add(found.group(1)));
        assertThat(names).as(pattern).isNotEmpty();
        return names;
    }

    private static Set<String> javaFiles() throws IOException {
        try (var files = Files.walk(Clone.path(""))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java"))
                    .map(name -> name.replace(".java", ""))
                    .collect(Collectors.toSet());
        }
    }

    /// Headings as GitHub links to them.
    private static Set<String> anchors(String page) {
        return page.lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceAll("^#+ ", "").toLowerCase(java.util.Locale.ROOT))
                .map(line -> line.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .collect(Collectors.toSet());
    }
}
