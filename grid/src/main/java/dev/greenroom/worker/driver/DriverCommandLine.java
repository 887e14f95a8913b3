package dev.greenroom.worker.driver;

import dev.greenroom.config.WorkerSections.SessionBudgets;
import dev.greenroom.data.Json;
import dev.greenroom.data.TextResource;
import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.PlaywrightCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// The command line and the environment of driver processes.
final class DriverCommandLine {
    private static final String SANDBOX = "sandbox.js";
    private static final String PEERS = "peers.js";
    private static final String EMPTYING = "emptying.js";
    private static final String MESSAGES = "messages.js";
    private static final String CDP_SCOPE = "cdp-scope.js";
    private static final String REFUSALS = "refusals.js";
    private static final List<String> BUDGETS =
            List.of("budgets.js", "bodies.js", "folders.js", "pipe.js", "recorder.js");
    private static final String COMMANDS = "commands.js";
    private static final String CDP = "cdp.js";
    private static final String VIEW = "view.js";
    private static final String TIMELINE = "timeline.js";
    private static final String HOST = "host.js";
    private static final String POLICY_VARIABLE = "GREENROOM_SANDBOX";

    private final NodeBinary node;
    private final SandboxPolicy policy;
    private final SessionBudgets budgets;
    private final Map<String, String> environment;
    private final BrowserUser user;
    private final Optional<Path> videoRecorder;
    private final long heapBytes;

    /// @param node in a place where the user can run it
    /// @param environment of this process; drivers get only a few variables of it
    /// @param videoRecorder records videos where Playwright has no program of its own for that
    /// @param heapBytes the limit of the JavaScript heap
    DriverCommandLine(
            NodeBinary node,
            SandboxPolicy policy,
            SessionBudgets budgets,
            Map<String, String> environment,
            BrowserUser user,
            Optional<Path> videoRecorder,
            long heapBytes) {
        this.heapBytes = heapBytes;
        this.node = node;
        this.policy = policy;
        this.budgets = budgets;
        this.environment = environment;
        this.user = user;
        this.videoRecorder = videoRecorder;
    }

    /// The command of one driver process. Writes its scripts into the folder.
    ExternalCommand of(DriverPackage driver, DriverFolder folder) {
        var line = new ArrayList<>(node.sandboxed(folder.temporary(), heapBytes));
        script(PEERS, folder.root());
        script(EMPTYING, folder.root());
        script(MESSAGES, folder.root());
        script(CDP_SCOPE, folder.root());
        script(REFUSALS, folder.root());
        BUDGETS.forEach(name -> script(name, folder.root()));
        script(COMMANDS, folder.root());
        script(CDP, folder.root());
        script(VIEW, folder.root());
        script(TIMELINE, folder.root());
        line.add("-r");
        line.add(script(SANDBOX, folder.root()).toString());
        line.add(script(HOST, folder.root()).toString());
        line.add(driver.folder().toString());
        return new ExternalCommand(folder.user().running(line), variables(folder), true);
    }

    private Path script(String name, Path folder) {
        var target = folder.resolve(name);
        try {
            Files.writeString(target, TextResource.read(DriverCommandLine.class, name));
            user.read(target);
        } catch (IOException e) {
            throw new DriverFailedException("cannot write " + target + " (" + e.getMessage() + ")", e);
        }
        return target;
    }

    private Map<String, String> variables(DriverFolder folder) {
        var variables = BrowserUser.safeVariables(environment);
        variables.put("HOME", folder.home().toString());
        variables.put("TMPDIR", folder.temporary().toString());
        variables.put(
                "PLAYWRIGHT_BROWSERS_PATH", PlaywrightCache.folder(environment).toString());
        var policyJson = Json.mapper().<ObjectNode>valueToTree(policy);
        videoRecorder.ifPresent(program -> policyJson.put("videoRecorder", program.toString()));
        policyJson.set("budgets", budgetsJson());
        variables.put(POLICY_VARIABLE, Json.mapper().writeValueAsString(policyJson));
        return variables;
    }

    /// Each budget is a number; sizes are in bytes.
    private ObjectNode budgetsJson() {
        var json = Json.mapper().<ObjectNode>valueToTree(budgets);
        for (var name : List.copyOf(json.propertyNames())) {
            var bytes = json.get(name).get("bytes");
            if (bytes != null) {
                json.set(name, bytes);
            }
        }
        return json;
    }
}
