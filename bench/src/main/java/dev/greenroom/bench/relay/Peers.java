package dev.greenroom.bench.relay;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Starts the relays that are compared. Each has one thread for connections, since it has one core.
///
/// @param checkout of this repository
/// @param folder for configurations and logs
/// @param backend the port of the backend
record Peers(Path checkout, Path folder, int backend) {
    private static final List<String> NAMES =
            List.of(Peer.NOTHING, "HAProxy tcp", Peer.HAPROXY_HTTP, "nginx", Peer.GREENROOM, Peer.UNMEASURED);

    /// The relays that are installed here, in the order of the tables.
    List<String> present() {
        return NAMES.stream().filter(name -> missing(name).isEmpty()).toList();
    }

    /// The program that is missing for a peer.
    private static Optional<String> missing(String name) {
        var program = name.startsWith("HAProxy") ? "haproxy" : name.equals("nginx") ? "nginx" : "sh";
        return PinnedProcess.exists(program) ? Optional.empty() : Optional.of(program);
    }

    /// The relays that are not installed.
    List<String> absent() {
        return NAMES.stream().filter(name -> missing(name).isPresent()).toList();
    }

    Peer start(String name) throws IOException {
        var port = name.equals(Peer.NOTHING) ? backend : PinnedProcess.freePort();
        return switch (name) {
            case Peer.NOTHING -> new Peer(name, port, Optional.empty());
            case "HAProxy tcp" -> haproxy(name, "tcp", port);
            case Peer.HAPROXY_HTTP -> haproxy(name, "http", port);
            case "nginx" -> nginx(port);
            default -> greenroom(name, port);
        };
    }

    /// Two descriptors for each connection, and some for everything else.
    static int connections() throws IOException {
        return (PinnedProcess.descriptors() - 400) / 2;
    }

    private Peer haproxy(String name, String mode, int port) throws IOException {
        var file = folder.resolve("haproxy-" + mode + ".cfg");
        Files.writeString(file, """
                global
                    nbthread 1
                    maxconn %d
                defaults
                    mode %s
                    timeout connect 5s
                    timeout client 1h
                    timeout server 1h
                    timeout tunnel 1h
                frontend in
                    bind 127.0.0.1:%d
                    default_backend out
                backend out
                    server s 127.0.0.1:%d
                """.formatted(connections(), mode, port, backend));
        return started(name, port, List.of("haproxy", "-db", "-f", file.toString()));
    }

    private Peer nginx(int port) throws IOException {
        var file = folder.resolve("nginx.conf");
        Files.writeString(file, """
                daemon off;
                worker_processes 1;
                pid %s/nginx.pid;
                error_log %s/nginx-error.log;
                events { worker_connections 65000; }
                http {
                    access_log off;
                    server {
                        listen 127.0.0.1:%d backlog=4096;
                        location / {
                            proxy_pass http://127.0.0.1:%d;
                            proxy_http_version 1.1;
                            proxy_set_header Upgrade $http_upgrade;
                            proxy_set_header Connection "Upgrade";
                            proxy_read_timeout 1h;
                        }
                    }
                }
                """.formatted(folder, folder, port, backend));
        return started("nginx", port, List.of("nginx", "-c", file.toString(), "-p", folder.toString()));
    }

    private Peer greenroom(String name, int port) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin/java");
        var asLaunched = ". '" + checkout.resolve(".launch/jvm.sh") + "'; exec '" + java
                + "' -Xmx$(jvm_heap proxy) $jvm_flags \"$@\"";
        var command = new ArrayList<>(List.of("sh", "-c", asLaunched, "sh"));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                MemoryProxy.class.getName(),
                Integer.toString(backend),
                "--port=" + port,
                "--bind-address=127.0.0.1",
                "--redis-host=unused",
                name.equals(Peer.UNMEASURED) ? "--metrics=off" : "--metrics=on",
                "--max-connections=30000",
                "--max-connections-per-address=30000"));
        return started(name, port, command);
    }

    private Peer started(String name, int port, List<String> command) throws IOException {
        var log = folder.resolve(name.replaceAll("[^A-Za-z]", "-") + ".log");
        var process = PinnedProcess.on(PinnedProcess.Core.RELAY, log, command, Map.of())
                .listening(port);
        return new Peer(name, port, Optional.of(process));
    }

    /// The compared programs, with their versions.
    String versions() throws IOException, InterruptedException {
        var versions = new ArrayList<String>();
        if (missing("HAProxy").isEmpty()) {
            versions.add(said("haproxy", "-v").replaceFirst("(?s)(HAProxy version \\S+).*", "$1"));
        }
        if (missing("nginx").isEmpty()) {
            versions.add(said("nginx", "-v").replaceFirst("(?s).*(nginx)/(\\S+).*", "$1 $2"));
        }
        versions.add("Java " + System.getProperty("java.version"));
        return String.join(", ", versions);
    }

    private static String said(String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(PinnedProcess.pinned(PinnedProcess.Core.LOAD, List.of(command)));
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
        var process = builder.redirectErrorStream(true).start();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor(5, TimeUnit.SECONDS);
        return text.strip();
    }
}
