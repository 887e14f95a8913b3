package dev.greenroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.CommandSettings.GridSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LoopbackAddressTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1,   127.0.0.1 ::1, localhost",
        "127.0.0.1,   ::1,           127.0.0.1",
        "0.0.0.0,     127.0.0.1,     localhost",
        "0.0.0.0,     ::1,           127.0.0.1",
        "::1,         127.0.0.1 ::1, localhost",
        "::1,         127.0.0.1,     ::1",
        "::,          ::1,           localhost",
        "10.0.0.7,    127.0.0.1,     10.0.0.7",
        "2001:db8::7, ::1,           2001:db8::7",
        "grid,        127.0.0.1,     grid"
    })
    void the_address_is_localhost_where_that_resolves_to_the_bound_address(
            String bound, String localhost, String said) {
        var addresses =
                Stream.of(localhost.split(" ", -1)).map(InetAddress::ofLiteral).toList();

        assertThat(LoopbackAddress.of(bound, addresses)).isEqualTo(said);
    }

    @ParameterizedTest
    @CsvSource({"::1", "127.0.0.1"})
    void a_tool_finds_a_grid_on_either_loopback_address(String bound) throws IOException {
        try (var grid = new ServerSocket(0, 1, InetAddress.ofLiteral(bound))) {
            var found = LoopbackAddress.reachable(at("ws://localhost:" + grid.getLocalPort()));

            assertThat(found.http().getPort()).isEqualTo(grid.getLocalPort());
            assertThat(List.of("localhost", "127.0.0.1", "[::1]"))
                    .contains(found.http().getHost());
            new java.net.Socket(found.http().getHost(), found.http().getPort()).close();
        }
    }

    @Test
    void other_host_names_and_urls_with_tls_stay_unchanged() {
        var others = List.of("ws://grid:1", "ws://127.0.0.1:1", "wss://localhost:1", "https://localhost:1");

        assertThat(others)
                .allSatisfy(url ->
                        assertThat(LoopbackAddress.reachable(at(url)).url()).isEqualTo(url));
    }

    @Test
    void the_url_of_a_grid_that_does_not_run_stays_unchanged() {
        assertThat(LoopbackAddress.reachable(at("ws://localhost:1")).url()).isEqualTo("ws://localhost:1");
    }

    private static GridSettings at(String url) {
        return new GridSettings(url, Optional.empty(), Optional.empty());
    }
}
