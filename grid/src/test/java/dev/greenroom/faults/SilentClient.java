package dev.greenroom.faults;

import dev.greenroom.testkit.RawClient;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// A client in a process of its own: has a session, answers pings, and does nothing else until
/// something is done to it.
final class SilentClient {
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true);

    private SilentClient() {}

    /// Connects and prints the first line of the answer.
    ///
    /// @param args host and port of the proxy
    public static void main(String[] args) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(args[0], Integer.parseInt(args[1])), 10_000);
            var out = socket.getOutputStream();
            out.write(RawClient.upgrade("/", "").getBytes(StandardCharsets.US_ASCII));
            var in = new DataInputStream(socket.getInputStream());
            var head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) in.readUnsignedByte());
            }
            OUT.println(head.substring(0, head.indexOf("\r\n")));
            while (true) {
                if (in.readUnsignedByte() == 0x89 && in.readUnsignedByte() == 0) {
                    out.write(RawClient.masked(10, new byte[0]));
                }
            }
        }
    }
}
