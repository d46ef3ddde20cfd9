import sys

from kubernetes import client, config, watch

mode = sys.argv[1]
if mode == "import":
    sys.exit()
config.load_kube_config()
core = client.CoreV1Api()
if mode == "first":
    print(len(core.list_namespace().items))
elif mode == "list":
    print(len(core.list_pod_for_all_namespaces().items))
elif mode == "watch":
    modified, ready = 0, False
    for event in watch.Watch().stream(core.list_namespaced_config_map, "bench"):
        if not ready:
            ready = True
            print("ready", flush=True)
        if event["type"] == "MODIFIED":
            modified += 1
            if modified == 1000:
                break
