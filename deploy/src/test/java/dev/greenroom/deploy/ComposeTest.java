package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ComposeTest {
    private static final String TEXT = Clone.text("deploy/compose/compose.yaml");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z_]+):-([^}]*)\\}");
    private static final JsonNode SERVICES =
            Clone.yaml("deploy/compose/compose.yaml").path("services");

    @Test
    void only_the_proxy_is_published_and_only_to_this_machine_unless_told_otherwise() {
        var published = SERVICES.propertyStream()
                .filter(service -> service.getValue().has("ports"))
                .toList();

        assertThat(published).hasSize(1);
        assertThat(published.getFirst().getKey()).isEqualTo("proxy");
        assertThat(SERVICES.at("/proxy/ports/0").asString())
                .isEqualTo("${GRID_ADDRESS:-127.0.0.1}:${GRID_PORT:-8080}:8080");
    }

    @Test
    void redis_has_no_way_out_and_browsers_have_no_way_in() {
        assertThat(names(SERVICES.at("/redis/networks"))).containsExactly("grid");
        assertThat(names(SERVICES.at("/proxy/networks"))).containsExactly("grid", "clients");
        var networks = Clone.yaml("deploy/compose/compose.yaml").path("networks");
        assertThat(networks.at("/grid/internal").asBoolean()).isTrue();
        assertThat(TEXT).contains("enable_icc: \"false\"");
    }

    @Test
    void memory_and_cpu_are_what_the_checklist_names_for_five_sessions() {
        assertThat(SERVICES.at("/worker/deploy/resources/limits/memory").asString())
                .isEqualTo("${WORKER_MEMORY:-2G}");
        assertThat(SERVICES.at("/worker/deploy/resources/limits/cpus").asString())
                .isEqualTo("${WORKER_CPUS:-1.0}");
        assertThat(Clone.text("docs/guide/production-checklist.md")).contains("| 3–5 | 2 GB |");
        for (var service : List.of("redis", "proxy", "worker", "worker-firefox")) {
            assertThat(SERVICES.path(service)
                            .at("/deploy/resources/limits/memory")
                            .asString())
                    .as(service)
                    .isNotEmpty();
            assertThat(SERVICES.path(service)
                            .at("/deploy/resources/limits/cpus")
                            .asString())
                    .as(service)
                    .isNotEmpty();
        }
    }

    @Test
    void a_service_is_built_from_a_stage_of_that_name() {
        var stages = Clone.text("deploy/docker/Dockerfile");

        assertThat(TEXT).contains("target: proxy", "target: worker}", "target: worker-firefox}");
        assertThat(stages).contains(" AS proxy\n", " AS worker\n", " AS worker-firefox\n");
    }

    @Test
    void files_that_it_names_are_there() {
        assertThat(Clone.path("deploy/compose/../docker/seccomp-browser.json")).exists();
        assertThat(List.of("passwords", "start", "redis-cli"))
                .allSatisfy(it ->
                        assertThat(Clone.path("deploy/compose/redis/" + it)).isExecutable());
        assertThat(Clone.path("deploy/compose/../redis/greenroom.acl")).exists();
        assertThat(Clone.path("deploy/compose/../../deploy/docker/Dockerfile")).exists();
        assertThat(Clone.yaml("deploy/docker/seccomp-browser.json")
                        .at("/syscalls/0/names")
                        .valueStream()
                        .map(JsonNode::asString))
                .contains("mount", "ptrace", "bpf")
                .doesNotContain("clone", "unshare", "setns", "chroot");
    }

    @Test
    void tokens_and_tls_are_files_of_a_folder_that_is_mounted_so_that_new_ones_are_seen() {
        var proxy = Clone.yaml("deploy/compose/compose.secure.yaml").at("/services/proxy");

        assertThat(names(proxy.path("volumes"))).containsExactly("./secure:/run/secure:ro");
        assertThat(proxy.path("environment").propertyStream())
                .hasSize(3)
                .allSatisfy(setting -> assertThat(setting.getValue().asString()).startsWith("/run/secure/"));
        assertThat(Clone.text("deploy/compose/.gitignore").lines()).contains("secure/");
    }

    @Test
    void each_variable_of_the_compose_file_has_its_default_in_the_example_or_chooses_an_image_or_a_profile() {
        var example = Clone.text("deploy/compose/.env.example");

        var variables = VARIABLE.matcher(TEXT).results().toList();

        assertThat(variables).hasSizeGreaterThan(8).allSatisfy(variable -> {
            var line = variable.group(1) + "=" + variable.group(2) + "\n";
            assertThat(example.contains(line)
                            || List.of("REDIS_IMAGE", "GREENROOM_REGISTRY", "GREENROOM_TAG", "SECCOMP_PROFILE")
                                    .contains(variable.group(1)))
                    .as(line)
                    .isTrue();
        });
    }

    @Test
    void redis_lets_nobody_in_without_a_password_and_people_in_to_read() {
        var users = Clone.text("deploy/redis/greenroom.acl").lines().toList();

        assertThat(users.getFirst()).isEqualTo("user default off");
        assertThat(users.getLast())
                .startsWith("user operator on >change-me-too ")
                .contains(" -@all ", " +keys ", "(~worker:cmd:* -@all +set)")
                .doesNotContain("+@");
        assertThat(Clone.text("deploy/compose/redis/passwords")).contains(">change-me-too ", ">change-me ");
    }

    @Test
    void proxies_and_workers_know_each_other_by_a_secret_that_redis_does_not_hold() {
        for (var service : List.of("proxy", "worker")) {
            assertThat(SERVICES.path(service)
                            .at("/environment/WORKER_SECRET_FILE")
                            .asString())
                    .as(service)
                    .isEqualTo("/run/greenroom/worker_secret");
        }
        assertThat(TEXT).contains("environment:\n      <<: *worker-settings\n");
        assertThat(Clone.text("deploy/compose/redis/passwords")).contains("give worker_secret 10001");
    }

    private static List<String> names(JsonNode list) {
        return list.valueStream().map(JsonNode::asString).toList();
    }
}
