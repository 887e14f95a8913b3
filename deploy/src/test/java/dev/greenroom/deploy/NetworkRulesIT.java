package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The rules in `deploy/network`, loaded into a network of its own: what an ordinary user's connections
/// come to.
class NetworkRulesIT {
    private static final String REMEDY = "install the packages iproute2, nftables and python3, and run this as root";

    @Test
    void what_is_private_is_out_of_reach_of_browsers_but_redis_and_the_world_are_not() throws Exception {
        var script =
                Path.of(NetworkRulesIT.class.getResource("/network-rules.sh").toURI());

        var run = Tool.run(
                REMEDY,
                "unshare",
                "--net",
                "sh",
                script.toString(),
                Clone.path("deploy/network/host.nft").toString());

        assertThat(run.code()).as(run.output()).isZero();
        assertThat(run.output().lines())
                .containsExactly(
                        "10.99.0.1:6379 open", // Redis
                        "10.99.0.1:8080 closed", // the proxy beside it
                        "10.99.0.2:3131 closed", // another worker
                        "127.0.0.1:8080 closed",
                        "169.254.169.254:8080 closed",
                        "172.16.9.9:8080 closed",
                        "192.168.9.9:8080 closed",
                        "100.64.9.9:8080 closed",
                        "fd00:ec2::254:8080 closed",
                        "fe80::9:8080 closed",
                        "::1:8080 closed",
                        "203.0.113.9:8080 open", // the world
                        "2001:db8::9:8080 open",
                        "root 127.0.0.1:8080 open", // others on the machine
                        "stranger 10.99.0.2:3131 closed"); // not a proxy
    }

    @Test
    void both_files_close_the_same_ranges() {
        var host = Clone.text("deploy/network/host.nft");
        var docker = Clone.text("deploy/network/docker.nft");

        assertThat(set("private4", docker)).isEqualTo(set("private4", host)).contains("169.254.0.0/16");
        assertThat(set("private6", docker)).isEqualTo(set("private6", host)).contains("fc00::/7");
        for (var range : Clone.yaml("deploy/helm/greenroom/values.yaml").at("/networkPolicy/privateRanges")) {
            assertThat(set("private4", host)).contains(range.asString().replace("/32", ""));
        }
    }

    private static String set(String name, String text) {
        return text.replaceAll("(?s).*set " + name + " \\{.*?elements = \\{(.*?)\\}.*", "$1");
    }
}
