package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A variable that nobody reads is a promise that nobody keeps.
class SettingsNamesTest {
    private static final Pattern YAML_KEY = Pattern.compile("(?m)^\\s+(?:- name: )?([A-Z][A-Z0-9_]+)(?::\\s|$)");
    private static final Pattern ASSIGNED =
            Pattern.compile("(?m)(?:^|Environment=|ENV |\\s)([A-Z][A-Z0-9_]+)=(?=\\S|$)");

    /// Of the systems around Greenroom: the image's own, Docker Compose's, Redis', and Docker's build
    /// arguments.
    private static final Set<String> OTHERS = Set.of(
            "LANG",
            "PATH",
            "REDISCLI_AUTH",
            "WORKER_MEMORY",
            "WORKER_CPUS",
            "JAVA_HOME",
            "PLAYWRIGHT_BROWSERS_PATH",
            "PLAYWRIGHT_RELEASES",
            "GRID_ADDRESS",
            "GRID_PORT",
            "BUILD_IMAGE",
            "JRE_IMAGE",
            "NODE_IMAGE",
            "DEBIAN_IMAGE",
            "ALL",
            "CMD",
            "EOF");

    static Stream<Path> files() {
        return Stream.of("compose", "docker", "helm", "kubernetes", "systemd")
                .flatMap(folder -> Clone.files("deploy/" + folder).stream());
    }

    @ParameterizedTest
    @MethodSource("files")
    void every_variable_that_a_file_sets_is_a_setting(Path file) {
        var set = new TreeSet<String>();
        for (var pattern : new Pattern[] {YAML_KEY, ASSIGNED}) {
            pattern.matcher(withoutComments(Clone.text(file))).results().forEach(found -> set.add(found.group(1)));
        }
        set.removeAll(OTHERS);

        assertThat(Clone.settings()).hasSizeGreaterThan(40).containsAll(set);
    }

    private static String withoutComments(String text) {
        return text.replaceAll("(?m)(^|\\s)#.*$", "");
    }
}
