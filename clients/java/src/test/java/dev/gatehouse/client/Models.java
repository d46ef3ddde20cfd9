package dev.gatehouse.client;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All resources that a client has accessors of, and all kinds that it has models of. */
final class Models {
    private Models() { }

    static List<Resource<?>> resources(Client client) throws ReflectiveOperationException {
        List<Resource<?>> out = new ArrayList<>();
        for (Method group : Apis.class.getMethods()) {
            if (group.getParameterCount() > 0 || group.getReturnType().getEnclosingClass() != Apis.class) continue;
            Object resources = group.invoke(client);
            for (Method m : resources.getClass().getMethods()) {
                if (m.getReturnType() == Resource.class) out.add((Resource<?>) m.invoke(resources));
            }
        }
        return out;
    }

    /** The kinds by "apiVersion kind". */
    static Map<String, Class<? extends ApiObject>> kinds(Client client) throws ReflectiveOperationException {
        Map<String, Class<? extends ApiObject>> out = new LinkedHashMap<>();
        for (Resource<?> r : resources(client)) {
            for (Class<?> c : r.type.getDeclaringClass().getDeclaredClasses()) {
                if (!ApiObject.class.isAssignableFrom(c)) continue;
                ApiObject fresh = c.asSubclass(ApiObject.class).getDeclaredConstructor().newInstance();
                out.put(fresh.getApiVersion() + " " + fresh.getKind(), fresh.getClass());
            }
        }
        return out;
    }
}
