import sys

import gatehouse

mode = sys.argv[1]
if mode == "import":
    sys.exit()
core = gatehouse.Client.from_kubeconfig().core_v1
if mode == "first":
    print(len(core.namespaces.page().items))
elif mode == "list":
    print(len(core.pods.page().items))
elif mode == "watch":
    modified, ready = 0, False
    for event in core.config_maps("bench").watch():
        if not ready:
            ready = True
            print("ready", flush=True)
        if event.type == "MODIFIED":
            modified += 1
            if modified == 1000:
                break
