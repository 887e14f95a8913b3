package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.relay.PortsProgram;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PortsIT {

    @Test
    void FP9_without_a_local_port_a_worker_cannot_be_reached_the_log_says_why_and_another_can() throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var program = java + " -cp '" + System.getProperty("java.class.path") + "' " + PortsProgram.class.getName();
        var few = "ip link set lo up && echo 40000 40050 > /proc/sys/net/ipv4/ip_local_port_range && exec ";
        var process = new ProcessBuilder("unshare", "--net", "sh", "-c", few + program)
                .redirectErrorStream(true)
                .start();

        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor())
                .as("this test needs root, unshare (util-linux) and ip (iproute2), as CI has: " + said)
                .isZero();
        assertThat(said)
                .containsPattern("upgraded (4[5-9]|5[01])\n")
                .contains("then Failed[why=cannot connect: ")
                .contains("PORTS")
                .contains("elsewhere Upgraded\n");
    }
}
