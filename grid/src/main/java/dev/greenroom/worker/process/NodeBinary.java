package dev.greenroom.worker.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// A Node.js program that supports the permission model.
///
/// @param path the program
/// @param major the first number of its version
/// @param minor the second number
public record NodeBinary(Path path, int major, int minor) {
    private static final Pattern VERSION = Pattern.compile("v(\\d{1,4})\\.(\\d{1,4})\\..*");
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(10);
    private static final int OLDEST_MAJOR = 20;

    /// What young objects of the heap may take at once. Node.js would take four times as much, and keep it.
    private static final int YOUNG_HEAP_MIB = 4;

    /// Runs a node program to find out its version.
    ///
    /// @throws DriverFailedException when it does not run or is older than 20
    public static NodeBinary at(Path path) throws InterruptedException {
        var version = ExternalCommand.of(path.toString(), "--version")
                .run(PROBE_PATIENCE)
                .map(ExternalCommand.CommandResult::output)
                .orElse("");
        var matcher = VERSION.matcher(version.strip());
        if (!matcher.matches()) {
            throw new DriverFailedException(path + " does not run as node: '--version' answered '" + version
                    + "'. Point PLAYWRIGHT_NODEJS_PATH to a node of version " + OLDEST_MAJOR + " or newer.");
        }
        var node = new NodeBinary(path, Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        if (node.major < OLDEST_MAJOR) {
            throw new DriverFailedException(path + " is node " + node.major + "; the driver needs " + OLDEST_MAJOR
                    + " or newer. Point PLAYWRIGHT_NODEJS_PATH to one.");
        }
        return node;
    }

    /// The start of a command line with Node's permission model: it allows reading and child processes, and
    /// writing into one folder only.
    ///
    /// @param heapBytes the limit of its JavaScript heap, at which the process ends
    public List<String> sandboxed(Path writable, long heapBytes) {
        var line = new ArrayList<String>();
        line.add(path.toString());
        line.add(major > 22 || (major == 22 && minor >= 13) ? "--permission" : "--experimental-permission");
        line.add("--allow-fs-read=*");
        line.add("--allow-fs-write=" + writable);
        line.add("--allow-child-process");
        if (major >= 25) {
            line.add("--allow-net"); // sandbox.js checks the addresses
        }
        line.add("--max-old-space-size=" + (heapBytes >> 20));
        line.add("--max-semi-space-size=" + YOUNG_HEAP_MIB);
        line.add("--no-warnings");
        return line;
    }
}
