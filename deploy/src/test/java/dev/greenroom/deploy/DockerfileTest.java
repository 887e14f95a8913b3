package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DockerfileTest {
    private static final Pattern WORDS = Pattern.compile("\\s+");
    private static final String FILE = "deploy/docker/Dockerfile";

    private record Stage(String name, String from, List<String> lines) {
        Stream<String> of(String instruction) {
            return lines.stream().filter(line -> line.startsWith(instruction + " "));
        }
    }

    /// Instructions, each on one line.
    private static List<String> instructions() {
        var joined = Clone.text(FILE).replaceAll("(?m)^#.*\n", "").replaceAll("\\\\\n\\s*", "");
        return joined.lines().filter(line -> !line.isBlank()).toList();
    }

    private static List<Stage> stages() {
        var stages = new ArrayList<Stage>();
        for (var line : instructions()) {
            if (line.startsWith("FROM ")) {
                var words = WORDS.split(line, -1);
                stages.add(new Stage(words[3], words[1], new ArrayList<>()));
            } else if (!stages.isEmpty()) {
                stages.getLast().lines().add(line);
            }
        }
        return stages;
    }

    private static Stage stage(String name) {
        return stages().stream()
                .filter(it -> it.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void every_base_image_is_an_argument_so_that_a_build_can_pin_it() {
        var known = stages().stream().map(Stage::name).collect(Collectors.toSet());

        for (var stage : stages()) {
            assertThat(stage.from().startsWith("${") || known.contains(stage.from()))
                    .as(stage.from())
                    .isTrue();
        }
        assertThat(instructions().stream().filter(line -> line.startsWith("ARG ") && line.contains("_IMAGE=")))
                .hasSize(4)
                .noneMatch(line -> line.endsWith(":latest"));
    }

    @Test
    void images_run_as_a_user_of_their_own_end_on_sigterm_and_say_how_they_are() {
        for (var name : List.of("proxy", "worker", "worker-firefox")) {
            assertThat(stage(name).of("USER")).as(name).contains("USER 10001:10001");
        }
        assertThat(stage("base").of("STOPSIGNAL")).containsExactly("STOPSIGNAL SIGTERM");
        assertThat(stage("base").of("ENTRYPOINT").findFirst().orElseThrow()).contains("tini");
        assertThat(stage("proxy").of("HEALTHCHECK").findFirst().orElseThrow())
                .contains("http${TLS_CERT_FILE:+s}://", "PORT:-8080", "/health");
        assertThat(stage("worker-base").of("HEALTHCHECK").findFirst().orElseThrow())
                .contains("PORT:-3131");
        assertThat(stage("proxy").of("EXPOSE")).containsExactly("EXPOSE 8080");
        assertThat(stage("worker-base").of("EXPOSE")).containsExactly("EXPOSE 3131");
    }

    @Test
    void what_is_copied_exists_and_is_not_ignored() {
        var taken = Clone.text(FILE + ".dockerignore")
                .lines()
                .filter(line -> line.startsWith("!"))
                .toList();

        for (var stage : stages()) {
            stage.of("COPY").filter(line -> !line.contains("--from=")).forEach(line -> {
                var words = WORDS.split(line, -1);
                for (var source : Arrays.copyOfRange(words, 1, words.length - 1)) {
                    assertThat(Clone.path(source)).exists();
                    assertThat(taken).as(source).anyMatch(it -> it.startsWith("!" + source));
                }
            });
        }
        assertThat(taken)
                .allSatisfy(it -> assertThat(Clone.path(it.substring(1))).exists());
    }

    @Test
    void shell_in_it_is_shell() {
        var scripts = new ArrayList<String>();
        stages().forEach(stage -> stage.of("RUN").map(line -> line.substring(4)).forEach(scripts::add));
        scripts.add(Clone.text("deploy/docker/greenroom.sh"));
        scripts.add(Clone.text(".launch/jvm.sh"));

        assertThat(scripts).hasSizeGreaterThan(6).allSatisfy(script -> {
            var check = Tool.run("it is part of every Linux", "sh", "-n", "-c", script);
            assertThat(check.output()).as(script).isEmpty();
            assertThat(check.code()).isZero();
        });
    }

    @Test
    void versions_that_workers_offer_are_those_that_are_in_the_image() {
        var text = Clone.text(FILE);
        var baked = Stream.of(text.replaceAll("(?s).*PLAYWRIGHT_RELEASES=\"([^\"]*)\".*", "$1")
                .split(" ", -1));
        var bundled = Clone.text("pom.xml").replaceAll("(?s).*<playwright.version>(.*?)</.*", "$1");
        var offered =
                text.replaceAll("(?s).*ENV PLAYWRIGHT_VERSIONS=(\\S*).*", "$1").split(",", -1);

        assertThat(Stream.concat(baked, Stream.of(bundled)).map(release -> release.replaceAll("\\.\\d+$", "")))
                .containsExactlyInAnyOrder(offered);
    }
}
