package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BlockedPortsTest {
    private final BlockedPorts closed = new BlockedPorts();
    private final List<BlockedPorts.BlockedAddresses> told = new ArrayList<>();

    @Test
    void a_driver_that_runs_is_told_of_a_redis_that_is_reached_at_another_address() {
        closed.add(told::add);

        closed.closeServer(at("192.0.2.7", 6379));
        closed.closeServer(at("192.0.2.8", 6379));

        assertThat(told.getLast().servers())
                .containsExactlyInAnyOrder(
                        new SandboxPolicy.ServerAddress("192.0.2.7", 6379),
                        new SandboxPolicy.ServerAddress("192.0.2.8", 6379));
    }

    @Test
    void a_redis_on_this_machine_is_closed_at_every_address_of_it_even_when_the_grids_port_of_that_number_opens() {
        closed.close(6379);
        closed.closeServer(at("127.0.0.1", 6379));
        closed.open(6379);
        closed.add(told::add);

        assertThat(told.getLast().ports()).containsExactly(6379);
        assertThat(told.getLast().servers()).isEmpty();
    }

    @Test
    void the_same_server_is_told_once() {
        closed.add(told::add);

        closed.closeServer(at("192.0.2.7", 6379));
        closed.closeServer(at("192.0.2.7", 6379));

        assertThat(told).hasSize(2); // at first, and of the server
    }

    @Test
    void however_often_a_redis_moves_the_latest_addresses_are_closed() {
        closed.add(told::add);

        for (var number = 0; number < 300; number++) {
            closed.closeServer(at("192.0.2.7", 10_000 + number));
        }

        assertThat(told.getLast().servers())
                .hasSize(256)
                .contains(new SandboxPolicy.ServerAddress("192.0.2.7", 10_299))
                .doesNotContain(new SandboxPolicy.ServerAddress("192.0.2.7", 10_043));
    }

    private static InetSocketAddress at(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }
}
