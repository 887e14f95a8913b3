package dev.greenroom.worker.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PrivateNetworkRulesTest {
    @Test
    void names_of_the_hosts_file_with_private_addresses_are_closed() {
        var hosts = List.of(
                "# names of this network",
                "127.0.0.1 localhost Machine",
                "127.0.1.1\tmachine.example.org machine # itself",
                "10.1.2.3  database cache.",
                "100.64.0.7 carrier",
                "fd00::7 six",
                "::ffff:192.168.0.9 mapped",
                "93.184.215.14 shop",
                "2001:db8::1 shop6",
                "",
                "nonsense of-somebody",
                "10.0.0.4 a,MAP");

        var rules = rules(hosts, List.of());

        assertThat(rules)
                .contains(
                        closed("machine"),
                        closed("machine.example.org"),
                        closed("machine."),
                        closed("database"),
                        closed("carrier"),
                        closed("six"),
                        closed("mapped"))
                .doesNotContain(closed("shop"), closed("shop6"), closed("of-somebody"), closed("a"), closed("map"));
    }

    @Test
    void the_machines_own_name_is_closed_without_a_hosts_file() {
        assertThat(rules(List.of(), List.of("Worker-7"))).contains(closed("worker-7"), closed("localhost"));
    }

    private static List<String> rules(List<String> hosts, List<String> ownNames) {
        var argument = PrivateNetworkRules.added(List.of(), hosts, ownNames).stream()
                .filter(it -> it.startsWith("--host-resolver-rules="))
                .findFirst()
                .orElseThrow();
        return List.of(argument.substring(argument.indexOf('=') + 1).split(",", -1));
    }

    private static String closed(String name) {
        return "MAP " + name + " ~NOTFOUND";
    }
}
