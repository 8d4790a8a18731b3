"""`roadbed update` and `roadbed set`: take what the template has new, keep what the team has made.

The rooms, in the order a run passes them:

| module | does |
|---|---|
| `project` | the project, its answers and its repository |
| `history`, `versions` | the template's released versions, and which is newer |
| `carry` | old answers into a new version |
| `entries` | what stands at a path |
| `merge` | three contents into one |
| `plan`, `guard` | for every path: what will happen; what is in the way |
| `notes` | what the operator must know: variables, migrations, changelog |
| `journal`, `state` | apply it so that a failure at any point can be undone or finished |
| `index` | tell git about conflicts |
| `report` | say all that |
| `run` | the steps, in order; `command` is their command line |
"""
