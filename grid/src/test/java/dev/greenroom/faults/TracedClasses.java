package dev.greenroom.faults;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Set;

/// Loads the classes of the product anew, so that each method tells [ConnectTrace] that it was entered,
/// and each call that may wake another thread is told before it is made.
final class TracedClasses extends ClassLoader {
    private static final ClassDesc TRACE = ClassDesc.of(ConnectTrace.class.getName());
    private static final MethodTypeDesc ENTERED = MethodTypeDesc.of(
            ConstantDescs.CD_void, ConstantDescs.CD_String, ConstantDescs.CD_String, ConstantDescs.CD_String);
    private static final MethodTypeDesc CALLS = MethodTypeDesc.of(
            ConstantDescs.CD_void,
            ConstantDescs.CD_String,
            ConstantDescs.CD_String,
            ConstantDescs.CD_String,
            ConstantDescs.CD_Object);

    /// How threads wake each other: tasks, threads, parked threads, futures, conditions, channels of
    /// other loops.
    private static final Set<String> WAKING = Set.of(
            "execute",
            "submit",
            "start",
            "startVirtualThread",
            "unpark",
            "complete",
            "completeExceptionally",
            "signal",
            "signalAll",
            "countDown",
            "release",
            "put",
            "offer",
            "deregister",
            "register",
            "write",
            "writeAndFlush");

    private static final Set<String> WAKERS = Set.of(
            "java/lang/Thread",
            "java/util/concurrent/",
            "io/netty/channel/Channel",
            "io/netty/channel/EventLoop",
            "io/netty/util/concurrent/EventExecutor",
            "io/lettuce/core/api/async/");

    private final String side;

    /// @param side for the trace
    TracedClasses(String side) {
        super(TracedClasses.class.getClassLoader());
        this.side = side;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("dev.greenroom.") || name.startsWith(ConnectTrace.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            var loaded = findLoadedClass(name);
            return loaded == null ? findClass(name) : loaded;
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try (var file = getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (file == null) {
                throw new ClassNotFoundException(name);
            }
            var traced = traced(file.readAllBytes());
            return defineClass(name, traced, 0, traced.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private byte[] traced(byte[] file) {
        var classes = ClassFile.of();
        var model = classes.parse(file);
        var type = model.thisClass().asInternalName().replace('/', '.').replaceFirst("\\$.*", "");
        return classes.transformClass(model, (into, element) -> {
            if (element instanceof MethodModel method && method.code().isPresent()) {
                var traced = method(type, method.methodName().stringValue());
                into.transformMethod(method, (body, part) -> {
                    if (part instanceof java.lang.classfile.CodeModel code) {
                        body.transformCode(code, traced);
                    } else {
                        body.with(part);
                    }
                });
            } else {
                into.with(element);
            }
        });
    }

    private CodeTransform method(String type, String method) {
        return new CodeTransform() {
            @Override
            public void atStart(CodeBuilder code) {
                code.loadConstant(side).loadConstant(type).loadConstant(method).invokestatic(TRACE, "entered", ENTERED);
            }

            @Override
            public void accept(CodeBuilder code, CodeElement element) {
                if (element instanceof InvokeInstruction call && mayWake(call)) {
                    told(code, call, type);
                }
                code.with(element);
            }
        };
    }

    private static boolean mayWake(InvokeInstruction call) {
        var owner = call.owner().asInternalName();
        var known = WAKERS.stream().anyMatch(owner::startsWith);
        return known
                && (owner.startsWith("io/lettuce/")
                        || WAKING.contains(call.name().stringValue()));
    }

    /// Puts the arguments aside to get at what is called.
    private void told(CodeBuilder code, InvokeInstruction call, String type) {
        var isStatic = call.opcode() == java.lang.classfile.Opcode.INVOKESTATIC;
        var kinds = new ArrayList<TypeKind>();
        if (!isStatic) {
            kinds.add(TypeKind.REFERENCE);
        }
        call.typeSymbol().parameterList().forEach(each -> kinds.add(TypeKind.from(each)));
        var places = new int[kinds.size()];
        for (var n = kinds.size() - 1; n >= 0; n--) {
            places[n] = code.allocateLocal(kinds.get(n));
            code.storeLocal(kinds.get(n), places[n]);
        }
        code.loadConstant(side).loadConstant(type).loadConstant(call.name().stringValue());
        if (places.length > 0 && kinds.getFirst() == TypeKind.REFERENCE) {
            code.aload(places[0]);
        } else {
            code.aconst_null();
        }
        code.invokestatic(TRACE, "calls", CALLS);
        for (var n = 0; n < places.length; n++) {
            code.loadLocal(kinds.get(n), places[n]);
        }
    }
}
